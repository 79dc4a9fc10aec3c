/** The look of the page. One column on phones, a list beside it from 60 rem on; light or dark as the reader's system is. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#16202b;--soft:#566373;--line:#dde3ea;--ground:#fff;--raised:#f5f7fa;--accent:#1f5fd0;
--get:#0b6b57;--post:#1f5fd0;--put:#8a5200;--delete:#b3261e;--code:#eef2f7;--mark:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b6;--line:#2b3643;--ground:#10161d;--raised:#18202a;--accent:#7fb0ff;
--get:#4cc9a8;--post:#7fb0ff;--put:#f0b35a;--delete:#ff8a80;--code:#1e2833;--mark:#10161d}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
a{color:var(--accent)}a:focus-visible,summary:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
code{background:var(--code);padding:.1em .35em;border-radius:4px;overflow-wrap:anywhere}
header{padding:2rem 1.25rem 1.25rem;border-bottom:1px solid var(--line)}
header h1{margin:0;font-size:1.75rem;line-height:1.2;letter-spacing:-.01em}
header p{margin:.6rem 0 0;color:var(--soft);max-width:46rem}
.layout{max-width:84rem;margin:0 auto}
nav{padding:1rem 1.25rem;border-bottom:1px solid var(--line);background:var(--ground);position:sticky;top:0;z-index:1}
nav input{width:100%;font:inherit;color:inherit;background:var(--raised);border:1px solid var(--line);border-radius:8px;padding:.55rem .75rem}
nav ul{list-style:none;margin:.9rem 0 0;padding:0}nav li a{display:block;padding:.2rem .5rem;border-radius:6px;color:var(--soft);text-decoration:none;font-size:.9rem}
nav li a:hover{background:var(--raised);color:var(--ink)}nav .groups{display:none}
main{padding:1.25rem;min-width:0}
h2{font-size:1.15rem;margin:2rem 0 .75rem;scroll-margin-top:5rem}main>section:first-child h2{margin-top:.5rem}
details.op{border:1px solid var(--line);border-radius:10px;margin:.6rem 0;background:var(--ground);scroll-margin-top:5rem;overflow:hidden}
details.op>summary{display:grid;grid-template-columns:4.2rem 1fr;gap:.15rem .75rem;align-items:baseline;padding:.7rem .9rem;cursor:pointer;list-style:none}
details.op>summary::-webkit-details-marker{display:none}
details.op>summary:hover,details.op[open]>summary{background:var(--raised)}
.path{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9rem;font-weight:600;overflow-wrap:anywhere}
.sum{grid-column:2;color:var(--soft);font-size:.92rem}
.m{font-size:.72rem;font-weight:700;letter-spacing:.04em;text-align:center;border-radius:5px;padding:.2rem 0;color:var(--mark)}
.get{background:var(--get)}.post{background:var(--post)}.put{background:var(--put)}.delete{background:var(--delete)}
.in{padding:.2rem .9rem 1rem;border-top:1px solid var(--line)}
.in h3{font-size:.78rem;letter-spacing:.05em;text-transform:uppercase;color:var(--soft);margin:1.1rem 0 .4rem}
.rows{margin:0;display:grid;gap:.5rem}.rows>div{display:grid;gap:.1rem}
.rows dt{display:flex;flex-wrap:wrap;gap:.3rem .5rem;align-items:baseline}.rows dd{margin:0;color:var(--soft);font-size:.92rem}
.type{color:var(--soft);font-size:.82rem;overflow-wrap:anywhere}.req{color:var(--delete);font-size:.78rem;font-weight:600}
.tree{border-left:2px solid var(--line);padding-left:.85rem;margin:.35rem 0 0}
.st{font-weight:700;font-variant-numeric:tabular-nums}
.codes{display:flex;flex-wrap:wrap;gap:.3rem;margin:.2rem 0 0}
.tags{display:flex;flex-wrap:wrap;gap:.35rem;margin:.8rem 0 0}.tag{border:1px solid var(--line);border-radius:99px;padding:.05rem .6rem;font-size:.8rem;color:var(--soft)}
.none{color:var(--soft);padding:1rem 0}[hidden]{display:none!important}
@media (min-width:60rem){.layout{display:grid;grid-template-columns:17rem minmax(0,1fr)}header,.layout>*{padding-left:2rem;padding-right:2rem}
header>div{max-width:80rem;margin:0 auto}nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;border-bottom:0;border-right:1px solid var(--line);padding:1.25rem}
nav .groups{display:block}main{padding-top:1.25rem;padding-bottom:4rem}h2,details.op{scroll-margin-top:1rem}
.rows>div{grid-template-columns:minmax(10rem,16rem) 1fr;gap:1rem}.tree .rows>div{grid-template-columns:minmax(9rem,14rem) 1fr}}
`;

/** Finds routes by what is typed, and opens the one that the address names. Without it the page is whole, only longer to search. */
export const SCRIPT = `
const box=document.querySelector("input"),ops=[...document.querySelectorAll("details.op")],none=document.querySelector(".none");
const find=()=>{const words=box.value.toLowerCase().split(/\\s+/).filter(Boolean);let shown=0;
for(const op of ops){op.hidden=!words.every(w=>op.dataset.find.includes(w));if(!op.hidden)shown++}
for(const s of document.querySelectorAll("main section"))s.hidden=![...s.querySelectorAll("details.op")].some(op=>!op.hidden);
none.hidden=shown>0};
box.addEventListener("input",find);
const open=()=>{const op=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(op&&op.matches("details"))op.open=true};
addEventListener("hashchange",open);open();
addEventListener("keydown",e=>{if(e.key==="/"&&document.activeElement!==box){e.preventDefault();box.focus()}});
`;
