/** The look of a report: a document, on screens light or dark, on paper black on white. No picture, no font and no script from anywhere. */
export const STYLE = `:root{color-scheme:light dark;--back:#f4f6f7;--card:#fff;--ink:#17212a;--soft:#55636e;--line:#dde3e7;--faint:#f0f3f5;--bad:#b3261e;--bad-back:#fdecea;--unsure:#8a5a00;--unsure-back:#fdf3dc;--good:#0c6b52;--good-back:#e3f4ee}
@media (prefers-color-scheme:dark){:root{--back:#10161b;--card:#182128;--ink:#e8edf0;--soft:#9aa8b3;--line:#2f3c46;--faint:#1f2a32;--bad:#ff9a8f;--bad-back:#3a1b1a;--unsure:#f0c065;--unsure-back:#352a12;--good:#6fd0b4;--good-back:#12302a}}
*{box-sizing:border-box}
body{margin:0;padding:clamp(.8rem,3vw,2.5rem);background:var(--back);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:62rem;margin:0 auto;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:clamp(1.1rem,4vw,3rem)}
h1{margin:0 0 .3rem;font-size:1.75rem;line-height:1.2;letter-spacing:-.02em;text-wrap:balance}
h2{margin:2.4rem 0 .7rem;padding-top:1.2rem;border-top:1px solid var(--line);font-size:1.15rem;letter-spacing:-.01em}
h3{margin:1.4rem 0 .4rem;font-size:1rem}
p{margin:0 0 .7rem;max-width:46rem}
.kind{margin:0 0 .4rem;color:var(--soft);font-weight:600;font-size:.85rem}
.address{overflow-wrap:anywhere;color:var(--soft);font-size:1.05rem}
.soft{color:var(--soft)}
code,.what{font:.88em/1.45 ui-monospace,"SFMono-Regular","Liberation Mono",monospace;overflow-wrap:anywhere}
.outcome{display:grid;grid-template-columns:auto 1fr;gap:.2rem .9rem;align-items:baseline;margin:1.4rem 0;padding:1rem 1.2rem;border-radius:10px;border-left:5px solid}
.outcome strong{font-size:1.15rem}.outcome p{margin:0;grid-column:2}
.outcome .mark{font-size:1.3rem;line-height:1}
.fail{background:var(--bad-back);border-color:var(--bad)}.fail .mark,.fail strong{color:var(--bad)}
.unclear{background:var(--unsure-back);border-color:var(--unsure)}.unclear .mark,.unclear strong{color:var(--unsure)}
.pass{background:var(--good-back);border-color:var(--good)}.pass .mark,.pass strong{color:var(--good)}
dl{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.25rem 1.4rem;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ol.findings{list-style:none;margin:0;padding:0}
ol.findings li{display:grid;grid-template-columns:1.6rem 1fr;gap:0 .4rem;padding:.75rem 0;border-top:1px solid var(--line);break-inside:avoid}
ol.findings li:first-child{border-top:0}
ol.findings p{margin:0;grid-column:2;overflow-wrap:anywhere}
ol.findings .cure{color:var(--soft);margin-top:.2rem}
ol.findings .where{color:var(--soft);font-size:.92em;margin-top:.2rem}
.violation{color:var(--bad)}.undeclared,.unsure{color:var(--unsure)}.allowed{color:var(--good)}
.mark{font-weight:700}
.wide{overflow-x:auto;margin:0 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.92em}
th,td{text-align:left;vertical-align:top;padding:.4rem .5rem;border-bottom:1px solid var(--line)}
thead th{vertical-align:bottom;font-weight:600;color:var(--soft)}
thead th.state{text-align:center;padding:.4rem .1rem}
thead th.state span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;font-weight:500;line-height:1.1}
td.cell{width:1%;text-align:center;padding:.4rem .1rem;min-width:2.1rem;white-space:nowrap}
td.cell small{display:block;color:var(--soft);font-size:.82em;line-height:1.1}
td.bad{background:var(--bad-back)}
th[scope=row]{font-weight:400;min-width:11rem}
th[scope=row] .soft{display:block;font-size:.92em}
td.number,thead th.number{text-align:right;font-variant-numeric:tabular-nums}
ul,ol.steps{margin:0 0 .8rem;padding-left:1.3rem;max-width:46rem}
details{break-inside:avoid;margin:0 0 .3rem}summary{cursor:pointer;font-weight:600}
.sign{display:grid;grid-template-columns:1fr 1fr;gap:2.6rem 2rem;margin-top:3rem}
.sign div{border-top:1px solid var(--ink);padding-top:.3rem;color:var(--soft);font-size:.85rem}
:focus-visible{outline:3px solid #2f82d6;outline-offset:2px}
@media (max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.sign{grid-template-columns:1fr}}
@page{size:A4;margin:16mm 14mm}
@media print{:root{color-scheme:light;--back:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--faint:#f4f4f4;--bad:#a11;--bad-back:#fbeceb;--unsure:#6d4700;--unsure-back:#fbf3e0;--good:#064d3a;--good-back:#e8f4f0}
body{padding:0;font-size:9.5pt}main{border:0;padding:0;max-width:none;border-radius:0}h1{font-size:18pt}h2{break-after:avoid;margin-top:1.4rem}h3{break-after:avoid}tr,.sign,.outcome{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}
th[scope=row]{min-width:0}th[scope=row] .soft,td.cell small{font-size:7.5pt}td.cell{min-width:8mm}table{font-size:8.5pt}details>*{display:block}.outcome,td.bad{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;
