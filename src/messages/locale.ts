/** The language by whose rules figures, dates and lists are written: that of JupyterLab's interface. */
let chosen: string | undefined;

/** The browser's default until `setLanguage` is called. */
export function locale(): string | undefined {
  return chosen;
}

/** `en` becomes the browser's own `en-GB`, if that is what its user reads. */
export function setLanguage(
  code: string,
  preferred: readonly string[] = navigator.languages
): void {
  const language = primary(code);
  const [wanted] = Intl.getCanonicalLocales(
    preferred.find(each => primary(each) === language) ?? code
  );
  chosen = wanted;
}

/** What stands between groups of three digits. */
export function digitGroup(): string {
  const parts = new Intl.NumberFormat(locale()).formatToParts(1_234_567);
  return parts.find(part => part.type === 'group')?.value ?? ',';
}

function primary(code: string): string {
  return code.split('-')[0].toLowerCase();
}
