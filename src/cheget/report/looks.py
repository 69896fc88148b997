"""How figures stand on a page: beside one another, one below another on a telephone."""

FIGURES = (  # on a page of its own, and on a page of others
    "figure{margin:0 0 16px;break-inside:avoid}"
    "figcaption p{font-size:13px;line-height:1.4;margin:0 0 12px}"
    "svg.chart{max-width:100%;height:auto;overflow:visible}svg.chart.wide{display:block}"
    "svg.chart.narrow{display:none}"
    "h4{font-size:16px;line-height:1.3;font-weight:650;margin:0 0 2px}"
    ".how{font-size:12px;color:var(--soft);margin:8px 0 0}"
    ".brief{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:16px}"
    ".brief .card{margin:0}.figures{columns:2;column-gap:16px;margin:16px 0 0}"
    "@media(max-width:1180px){.figures{columns:1}.figures figure{max-width:560px}}"
    "@media(max-width:780px){.brief{gap:12px}svg.chart.wide{display:none}"
    "svg.chart.narrow{display:block;margin:0 auto}}"
    "@media print{.brief{grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:10px}"
    ".figures{columns:2}.figures figure{max-width:none}h4{font-size:13px}"
    "svg.chart.wide{display:none}svg.chart.narrow{display:block}figcaption p,.how{font-size:10px}}"
)
