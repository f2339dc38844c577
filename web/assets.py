"""Static files: read and compressed once, addressed by hash, cached by browsers for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "static"
_IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\);')
_YEAR = "public, max-age=31536000, immutable"

router = APIRouter()


@dataclass(frozen=True)
class Asset:
    body: bytes
    compressed: bytes
    media_type: str
    version: str


class AssetMissing(Exception):
    """A file that pages need is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is missing from {FOLDER.name}/: run `make assets`")


@cache
def assets() -> dict[str, Asset]:
    """All static files, keyed by their path below ``static/``."""
    return {
        path.relative_to(FOLDER).as_posix(): _read(path)
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def asset_url(name: str) -> str:
    """The URL of a static file, which changes with the file's content. Raises ``AssetMissing``."""
    if name not in assets():
        raise AssetMissing(name)
    return f"/static/{name}?v={assets()[name].version}"


@router.get("/static/{name:path}")
async def static_file(request: Request, name: str) -> Response:
    asset = assets().get(name)
    if asset is None:
        raise HTTPException(404)
    headers = {
        "ETag": f'"{asset.version}"',
        "Vary": "Accept-Encoding",
        "Cache-Control": _YEAR if request.query_params.get("v") == asset.version else "no-cache",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, media_type=asset.media_type, headers=headers)
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _IMPORT.sub(_inline, body.decode()).encode()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, gzip.compress(body, 9, mtime=0), media_type, hashlib.sha256(body).hexdigest()[:12])


def _inline(statement: re.Match[str]) -> str:
    """An imported style sheet, inlined as a layer of the sheet that imports it, so that a page loads a single file."""
    name, layer = statement[1], statement[2]
    source = FOLDER / name
    if not source.is_file():
        raise AssetMissing(name)
    text = source.read_text().removeprefix('@charset "UTF-8";')
    return f"@layer {layer}{{{text}}}"
