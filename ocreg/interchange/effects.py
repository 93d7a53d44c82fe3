"""An operation's effect, guessed from the verbs in its path and title. The reader of the file decides.

Only a clear read counts as a read. A create taken for a read would be retried after a failure; a read taken for a
create at worst asks for one confirmation too many. So any doubt means create.
"""

from __future__ import annotations

import re

_VERBS = {
    "cancel": "cancel delete del remove stop void revoke close 取消 删除 作废 撤销",
    "create": "create add new place submit insert register send save apply pay ship 创建 新增 添加 提交 下单 新建 发货",
    "update": "update edit modify change set upload put link bind patch restart 更新 修改 编辑 上传 绑定 设置 变更",
    "read": "query list get show find search check view download 查询 获取 列表 查看 搜索 下载",
}
_NOUNS = re.compile(r"detail|details|result|results|status|info|page|详情|状态|结果")
_EFFECTS = {verb: effect for effect, verbs in _VERBS.items() for verb in verbs.split()}
_CHINESE = "|".join(verb for verb in _EFFECTS if not verb.isascii())


def likely(method: str, path: str, title: str) -> str:
    """The effect that the first verb suggests: of the path's last part that has one, otherwise of the title."""
    parts = [part for part in path.split("/") if "{" not in part]
    for text in (*reversed(parts), title):
        words = re.findall(rf"{_CHINESE}|[a-z]+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower())
        found = [_EFFECTS[word] for word in words if word in _EFFECTS]
        if found:
            doubtful = found[0] == "read" and set(found) != {"read"} and method != "GET"
            return "create" if doubtful else found[0]
    if method in ("GET", "POST") and _NOUNS.fullmatch(parts[-1].lower()):
        return "read"
    return {"GET": "read", "DELETE": "cancel", "PUT": "update", "PATCH": "update"}.get(method, "create")
