/** The look of a printed bill: one column, readable on a telephone, on paper without the background. */
export const STYLE = `
:root { --ink: #1c2733; --soft: #5d6b7a; --line: #d9e0e7; --tint: #f3f6f9; --strong: #0b5d66; }
* { box-sizing: border-box; }
body { margin: 0; background: #e8edf2; color: var(--ink); font: 15px/1.5 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
main { max-width: 860px; margin: 24px auto; background: #fff; padding: 48px 56px; }
header { display: flex; justify-content: space-between; gap: 32px; border-bottom: 3px solid var(--strong); padding-bottom: 20px; }
header .brand { font-size: 26px; font-weight: 700; color: var(--strong); }
header .from { text-align: right; font-size: .87em; color: var(--soft); }
.head { display: flex; justify-content: space-between; gap: 32px; margin: 28px 0; }
.to { white-space: pre-line; }
.facts { border-collapse: collapse; font-size: .95em; }
.facts th { text-align: left; font-weight: 400; color: var(--soft); padding: 1px 18px 1px 0; vertical-align: top; white-space: nowrap; }
.facts td { text-align: right; padding: 1px 0; }
h1 { font-size: 28px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 36px 0 10px; }
h3 { font-size: 15px; margin: 18px 0 6px; }
.mark { display: inline-block; background: #b3402a; color: #fff; padding: 2px 12px; font-weight: 700; letter-spacing: .06em; margin-bottom: 12px; }
.due { display: flex; justify-content: space-between; align-items: center; background: var(--tint); border-left: 6px solid var(--strong); padding: 18px 24px; margin: 8px 0 0; }
.due .sum { font-size: 30px; font-weight: 700; white-space: nowrap; }
.soft { color: var(--soft); font-size: .87em; }
table.lines { width: 100%; border-collapse: collapse; }
table.lines th { text-align: left; font-weight: 600; font-size: .87em; color: var(--soft); border-bottom: 1px solid var(--ink); padding: 4px 8px 4px 0; }
table.lines td { border-bottom: 1px solid var(--line); padding: 7px 8px 7px 0; vertical-align: top; }
table.lines .n { text-align: right; white-space: nowrap; padding-right: 0; padding-left: 14px; }
table.lines tr.total td { font-weight: 700; border-bottom: 2px solid var(--ink); }
table.lines tr.service td { background: var(--tint); font-weight: 700; padding: 8px 0 8px 10px; border-bottom: 1px solid var(--line); }
table.small td, table.small th { font-size: .84em; padding-top: 3px; padding-bottom: 3px; }
.totals { margin-left: auto; width: 460px; max-width: 100%; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 14px; font-size: 12px; color: var(--soft); }
@media (max-width: 640px) { main { padding: 24px 18px; margin: 0; } header, .head { flex-direction: column; gap: 12px; } header .from { text-align: left; } .facts td { text-align: left; } .due { flex-direction: column; align-items: flex-start; } .totals { width: 100%; } }
table.lines tr.service ~ tr:not(.service) td:first-child { padding-left: 10px; }
@media print { @page { size: A4; margin: 16mm; } body { background: #fff; font-size: 12px; } main { margin: 0; padding: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; } .usage { break-before: page; } .due, table.lines tr.service td { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
`;
