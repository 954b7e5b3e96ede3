const CSS = `
:host{
  --a:var(--portico-accent,#4f46e5);--af:var(--portico-accent-text,#fff);--bg:var(--portico-background,#fff);
  --bg2:var(--portico-background-subtle,#f5f5f6);--t:var(--portico-text,#18181b);--t2:var(--portico-text-muted,#5b5b66);
  --b:var(--portico-border,#e4e4e8);--bs:var(--portico-border-strong,#8c8c96);--d:var(--portico-danger,#c4232b);
  --ok:var(--portico-success,#15803d);--r:var(--portico-radius,.5rem);--link:var(--portico-link,var(--a));
  color-scheme:light;display:block;box-sizing:border-box;color:var(--t);
  font:400 .9375rem/1.5 var(--portico-font,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif);
  text-align:start}
:host([hidden]){display:none}
@media (prefers-color-scheme:dark){:host(:not([theme=light])){
  --bg:var(--portico-background-dark,#18181b);--bg2:var(--portico-background-subtle-dark,#26262b);--t:var(--portico-text-dark,#f4f4f5);
  --t2:var(--portico-text-muted-dark,#a9a9b4);--b:var(--portico-border-dark,#36363d);--bs:var(--portico-border-strong-dark,#85858f);
  --d:var(--portico-danger-dark,#ff8a8a);--ok:var(--portico-success-dark,#5fd68a);--link:var(--portico-link-dark,#a5b4fc);color-scheme:dark}}
:host([theme=dark]){
  --bg:var(--portico-background-dark,#18181b);--bg2:var(--portico-background-subtle-dark,#26262b);--t:var(--portico-text-dark,#f4f4f5);
  --t2:var(--portico-text-muted-dark,#a9a9b4);--b:var(--portico-border-dark,#36363d);--bs:var(--portico-border-strong-dark,#85858f);
  --d:var(--portico-danger-dark,#ff8a8a);--ok:var(--portico-success-dark,#5fd68a);--link:var(--portico-link-dark,#a5b4fc);color-scheme:dark}
*,*::before,*::after{box-sizing:inherit}
[hidden]{display:none!important}
h2,h3,p,ul,ol{margin:0;padding:0}
ul,ol{list-style:none}
h2{font-size:1.25rem;line-height:1.3;font-weight:600}
h3{font-size:1rem;font-weight:600}
.card{background:var(--bg);border:1px solid var(--b);border-radius:calc(var(--r)*1.5);padding:1.5rem;display:grid;gap:1rem;
  width:100%;max-width:var(--portico-width,24rem);overflow-wrap:anywhere}
.wide{max-width:var(--portico-width,48rem)}
form,.stack{display:grid;gap:1rem}
.field{display:grid;gap:.25rem;min-width:0}
label,.label{font-size:.875rem;font-weight:500}
.hint,.muted{color:var(--t2);font-size:.8125rem}
input,select{font:inherit;font-size:1rem;color:inherit;background:var(--bg);border:1px solid var(--bs);border-radius:var(--r);
  padding:.4375rem .625rem;width:100%;min-width:0}
input[readonly]{background:var(--bg2);font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.8125rem}
button,.button{font:inherit;font-weight:500;color:inherit;background:var(--bg);border:1px solid var(--b);border-radius:var(--r);padding:.4375rem .875rem;
  cursor:pointer;display:inline-flex;align-items:center;justify-content:center;gap:.5rem;text-decoration:none;min-height:2.25rem}
button:hover,.button:hover{background:var(--bg2)}
.primary,.primary:hover{background:var(--a);border-color:var(--a);color:var(--af)}
.primary:hover{filter:brightness(1.08)}
.danger{color:var(--d)}
.small{padding:.1875rem .625rem;min-height:1.875rem;font-size:.875rem}
button[aria-busy=true]{opacity:.65;cursor:progress}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
a,.link{color:var(--link);text-underline-offset:.15em}
.link{background:none;border:0;padding:0;min-height:0;font-weight:400;text-decoration:underline}
.link:hover{background:none}
.foot{font-size:.875rem;color:var(--t2)}
.error{color:var(--d);font-size:.875rem}
.note{background:var(--bg2);border-radius:var(--r);padding:.75rem;font-size:.875rem}
.row{display:flex;align-items:center;gap:.75rem;min-width:0}
.row.wrap{flex-wrap:wrap}
.grow{flex:1;min-width:0}
.name{font-weight:500;display:block;overflow:hidden;text-overflow:ellipsis}
.sub{color:var(--t2);font-size:.8125rem;display:block;overflow:hidden;text-overflow:ellipsis}
.icon{width:1rem;height:1rem;flex:none;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.avatar{position:relative;display:inline-grid;place-items:center;width:2rem;height:2rem;flex:none;overflow:hidden;border-radius:50%;
  background:var(--a);color:var(--af);font-size:.75rem;font-weight:600;line-height:1}
.avatar.square{border-radius:calc(var(--r)*.75)}
.avatar img{position:absolute;inset:0;width:100%;height:100%;object-fit:cover}
.anchor{position:relative;display:inline-block;max-width:100%}
.bare{padding:0;border-radius:50%;border:0;background:none}
.switch{max-width:16rem}
.switch .name{font-size:.9375rem}
.menu{position:absolute;z-index:var(--portico-layer,1000);inset-inline-end:0;top:calc(100% + .375rem);width:18rem;max-width:calc(100vw - 2rem);background:var(--bg);
  border:1px solid var(--b);border-radius:var(--r);box-shadow:0 8px 30px rgb(0 0 0/.18);padding:.375rem;overflow-wrap:anywhere}
.menu.left{inset-inline:0 auto}
.menu .head{padding:.5rem .625rem .625rem;border-bottom:1px solid var(--b);margin-bottom:.375rem}
.item{width:100%;border:0;justify-content:flex-start;font-weight:400;text-align:start;padding:.5rem .625rem}
.item:focus-visible{outline-offset:-2px}
.scroll{max-height:18rem;overflow-y:auto}
.tabs{display:flex;gap:.25rem;border-bottom:1px solid var(--b);overflow-x:auto}
.tabs button{border:0;border-bottom:2px solid transparent;border-radius:0;color:var(--t2);white-space:nowrap;background:none}
.tabs button[aria-selected=true]{color:var(--t);border-bottom-color:var(--link)}
.tabs :focus-visible{outline-offset:-2px}
.list>li{padding:.75rem 0;border-bottom:1px solid var(--b)}
.list>li:last-child{border-bottom:0}
.list select{width:auto}
.badge{font-size:.75rem;font-weight:500;padding:.0625rem .5rem;border-radius:99px;border:1px solid var(--b);color:var(--t2);white-space:nowrap}
.badge.active{color:var(--ok);border-color:currentColor}
.badge.tripped{color:var(--d);border-color:currentColor}
.choices{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.5rem;border:0;padding:0;margin:0;min-width:0}
.choices legend{padding:0;margin-bottom:.75rem;font-weight:600}
.choice{display:flex;gap:.625rem;align-items:center;border:1px solid var(--b);border-radius:var(--r);padding:.625rem .75rem;cursor:pointer;font-weight:400}
.choice:has(:checked){border-color:var(--link);box-shadow:0 0 0 1px var(--link)}
.choice input{width:auto;accent-color:var(--a)}
.steps{counter-reset:s;display:grid;gap:.875rem}
.steps>li{counter-increment:s;display:grid;grid-template-columns:1.5rem 1fr;gap:.25rem .625rem}
.steps>li::before{content:counter(s);width:1.5rem;height:1.5rem;border-radius:50%;background:var(--bg2);display:grid;place-items:center;font-size:.75rem;font-weight:600}
.steps>li>*{grid-column:2}
.steps>li>:first-child{grid-row:1}
dl{margin:.25rem 0 0;display:grid;gap:.25rem}
dl div{display:flex;flex-wrap:wrap;gap:0 .5rem;font-size:.8125rem}
dt{color:var(--t2)}
dd{margin:0;font-family:ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.light{width:.75rem;height:.75rem;border-radius:50%;background:var(--bs);flex:none}
.light.on{background:var(--ok)}
@media (prefers-reduced-motion:no-preference){.light.wait{animation:p 1.4s ease-in-out infinite}@keyframes p{50%{opacity:.3}}}
.hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
`;

let sheet: CSSStyleSheet | undefined;

/** The styles of all elements. A constructed sheet, which a page's Content-Security-Policy does not stop. */
export function styles(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
