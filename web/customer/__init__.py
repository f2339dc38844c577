"""The customer's pages: one address from the invitation to the call, one for the rating. No account."""

from fastapi import APIRouter

from web.customer import booking, calendar, call, customer_link, rating

router = APIRouter()
for part in (customer_link, booking, calendar, call, rating):
    router.include_router(part.router)
