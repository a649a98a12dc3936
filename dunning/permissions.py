"""What may be allowed in dunning."""

WRITE_POLICY = "dunning.write_policy"
PUBLISH_POLICY = "dunning.publish_policy"
RELEASE_RUN = "dunning.release_run"
SEND_REMINDER = "dunning.send_reminder"
PAUSE = "dunning.pause"
RECORD_PROMISE = "dunning.record_promise"
AGREE_PLAN = "dunning.agree_plan"
