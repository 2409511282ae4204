"""Which of the assigned are sent: an application's filter, and whom it leaves out."""
