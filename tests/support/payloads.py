"""Texts that run in careless pages: templates, scripts, attributes, template literals, styles."""

from __future__ import annotations

PAYLOADS = (
    "{{7*7}}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{# ",
    "{{",
    "${window.__hit=1}",
    "\\\\`+(window.__hit=1)+`",
    "`);window.__hit=1;(`",
    "</script><script>window.__hit=1;alert(1)</script>",
    "<img src=x onerror=window.__hit=1>",
    "<svg/onload=window.__hit=1>",
    "\"><iframe srcdoc='<script>parent.__hit=1</script>'>",
    "' onmouseover='window.__hit=1' x='",
    "\\u003cscript\\u003ewindow.__hit=1\\u003c/script\\u003e",
    "javascript:window.__hit=1",
    "];window.__hit=1;//",
    "--><script>window.__hit=1</script><!--",
    "</style><style>*{background:url(//elsewhere.example/x)}",
    "\u2028window.__hit=1\u2029",
    "&lt;script&gt;window.__hit=1&lt;/script&gt;",
)
