"""The board: the hours ahead at a glance, live."""

from web.board.reading import router

__all__ = ["router"]
