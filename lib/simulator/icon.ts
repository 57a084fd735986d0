/** What the browser shows in the tab: a thread, dashed because it is only a simulated one. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="9" fill="#0b655c"/>
<circle cx="16" cy="16" r="8" fill="none" stroke="#fff" stroke-width="3.5" stroke-dasharray="5.5 2.88"/>
</svg>`;
