-- Answers to webhooks held customers' links, which no table holds; they are added when an answer is given.
UPDATE webhook_received SET answer = answer #- '{body,customer_link}' WHERE answer #> '{body,customer_link}' IS NOT NULL;
