// A customer with scripts talks on their call's page; the link from a mail leads there.
const lead = document.querySelector("[data-lead]");
if (lead instanceof HTMLElement && lead.dataset.lead) location.replace(lead.dataset.lead);
