"""What a customer's accounts-payable user may do on his page."""

PAY = "portal.pay"
