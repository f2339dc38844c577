"""The customer's pages: one URL from the invitation to the call, and one for the rating. No account is needed."""

from fastapi import APIRouter

from web.customer import booking, calendar, call, call_back, customer_link, rating, stream, ways_on, wishes

router = APIRouter()
for part in (customer_link, stream, booking, calendar, call, rating, call_back, ways_on, wishes):
    router.include_router(part.router)
