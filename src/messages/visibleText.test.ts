import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { visibleText } from '../../eslint.visible-text.mjs';

function mistakes(code: string): number {
  const files = ['**/*.tsx'];
  const languageOptions = { parser: tseslint.parser as Linter.Parser };
  const config = { ...visibleText, files, languageOptions } as Linter.Config;
  return new Linter().verify(code, config, 'sample.tsx').length;
}

describe('the check that visible text passes the translator', () => {
  it.each([
    'const a = <b>Running</b>;',
    'const a = <b title="Running" />;',
    'const a = <b aria-label={`${n} running`} />;',
    'const a = <b>{`${n} running`}</b>;',
    "const a = { label: 'Launch' };",
    "const a = { caption: done ? 'Stop it' : trans.__('Launch it') };",
    'const a = { notice: `${name} ended` };',
    "const a = { describedBy: { description: 'Id of the cluster' } };",
    "throw new Error('It is read-only.');",
    'const a = trans.__(`${n} running`);',
    "const a = trans.__('n ' + 'running');",
    "node.textContent = 'Running';",
    "Dialog.okButton({ label: 'Launch' });"
  ])('finds %s', code => {
    expect(mistakes(code)).toBeGreaterThan(0);
  });

  it.each([
    "const a = <b title={trans.__('Running')}>{trans.__('Running')}</b>;",
    'const a = <b className={`jp-${kind}`}>{`${n} ${unit}`}</b>;',
    "const plugin = { autoStart: true, description: 'Opens the dashboard.' };",
    "const a = { label: trans._n('1 job', '%1 jobs', n) };",
    'throw new Error(trans.__("It is read-only."));'
  ])('lets %s be', code => {
    expect(mistakes(code)).toBe(0);
  });
});
