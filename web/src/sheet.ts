/** The printable sheet: one button, which only a browser with script can serve. */

for (const hidden of document.querySelectorAll<HTMLElement>('[data-needs-js]')) hidden.hidden = false;
document.querySelector('[data-action="print"]')?.addEventListener('click', () => {
  window.print();
});
