"""What may be allowed in dunning: rows 14 to 20 of the permission matrix (RELIABILITY 2.1)."""

WRITE_POLICY = "dunning.write_policy"
PUBLISH_POLICY = "dunning.publish_policy"
RELEASE_RUN = "dunning.release_run"
SEND_REMINDER = "dunning.send_reminder"
PAUSE = "dunning.pause"
RECORD_PROMISE = "dunning.record_promise"
AGREE_PLAN = "dunning.agree_plan"
