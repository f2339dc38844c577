"""The REST API, through which other programs open, read and withdraw escalations, change schedules, and export data."""

from fastapi import APIRouter, Depends

from web.api import escalations, export, openapi, shifts, slots, tickets
from web.api.parameters import refuse_unknown_parameters

router = APIRouter(dependencies=[Depends(refuse_unknown_parameters)])
for part in (openapi, escalations, slots, tickets, shifts, export):
    router.include_router(part.router)

__all__ = ["router"]
