"""What the submission wizard says, in the bot's own words: taken out of its answers to made-up issues."""
