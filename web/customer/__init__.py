"""The customer's pages: one URL from the invitation to the call, and one for the rating. No account is needed."""

from fastapi import APIRouter

from web.customer import booking, calendar, call, customer_link, rating

router = APIRouter()
for part in (customer_link, booking, calendar, call, rating):
    router.include_router(part.router)
