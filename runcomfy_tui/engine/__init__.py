"""What happens next to a job: submit, poll, cancel, collect."""
