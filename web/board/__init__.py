"""The board: the hours ahead at a glance, kept current."""

from web.board.reading import router

__all__ = ["router"]
