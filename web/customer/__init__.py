"""The customer's face: one address from the invitation to the call, and one for the rating. No account."""

from fastapi import APIRouter

router = APIRouter()
