"""Parses a mail with Python's own parser: python mail.py < mail. Prints its parts as JSON."""

import email
import email.policy
import json
import sys

mail = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
parts = {name: mail[name] for name in ("from", "to", "cc", "subject")}
parts |= {"type": mail.get_content_type(), "charset": mail.get_content_charset(), "text": mail.get_content()}
parts["defects"] = [str(defect) for defect in mail.defects]
print(json.dumps(parts))
