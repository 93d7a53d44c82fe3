"""Names of fields, headers and parameters that indicate a secret or personal data."""

from __future__ import annotations

import re

SECRET = re.compile(
    r"(?i)passw|secret|token(?!_?type|type)|^client_?key$|api[_-]?key|access[_-]?key|private[_-]?key|^vauth"
    r"|authorization$|credential|signature|^sign$|cookie|session[_-]?(id|key)|密码|密钥|令牌"
)
PERSONAL = re.compile(
    r"(?i)(consignee|buyer|receiver|recipient|contact|sender|shipper|customer|user|first|last|full|real|company)_?name"
    r"|phone|mobile|^tel$|_tel$|fax|e_?mail|address(?!_?type)|^addr|street|house_?number|zip|post_?(al_?)?code|id_?card"
    r"|passport|eori|vat_?(no|number|id)|tax_?(no|number|id)$|birth|姓名|电话|手机|邮箱|地址"
)
