"""Texts that state nothing about a life: navigation, labels, hints."""

from __future__ import annotations

FIXED = frozenset(
    """
Actions
Afternoon
Anything else (optional)
Days that suit you
Evening
Morning
Or open it in Google or Outlook.
Tell the team
The file is for iCloud, Apple Calendar and most others.
Away
Away for …
Back to the desk
Behind the scenes
Board
Board Escalations Shifts Outcomes
By person
By team
By title
Call
Calls
Change
Customer
Day
Desk
Desk Board Escalations Rules Directory Shifts Outcomes
Desk Shifts
Download CSV
Due within the hour
Escalate a ticket
Escalations
Figures
Go offline
Guards
Handle time
If you would rather write, just reply to this mail.
Join your call
Last event
Median handle time
Messages
Muster
My escalations
No event for
Open offers
Outcomes
Person
Please switch it on, or open this page in another browser.
Pool
Rating
Ratings
Replies before the call
Rule
See all escalations
See your call’s page for what happens next.
Show
Show its Temporal events and pending retries
Sign out
Skip to content
State
Team
Tell us
The call
The call takes place on this page and needs JavaScript, which is off or doesn’t run in your browser.
The plan
Those longest without an event come first.
Ticket
Ticket and customer
Ticket, customer, agent, rule or id
Time zone
Title
Today
Waiting for somebody
What if …
Why this rule
Why you
Your call’s page shows what is happening
Your desk
all rules
all teams
any
at risk
break
lunch
meeting
priority
product area
replies
tags
ticket
ticket age
training
writing tickets
""".strip().splitlines()
)
