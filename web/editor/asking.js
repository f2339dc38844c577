// Requests to the server about the text: completions and formatting.

/** The JSON of the response; throws if there is none. */
export async function ask(form, address, fields, signal) {
  const body = new URLSearchParams({ form_token: form.elements.form_token.value, ...fields });
  const answer = await fetch(address, { method: "POST", body, signal, headers: { Accept: "application/json" } });
  if (!answer.ok || !answer.headers.get("content-type")?.startsWith("application/json")) {
    throw new Error(`${address} answered ${answer.status}`);
  }
  return answer.json();
}
