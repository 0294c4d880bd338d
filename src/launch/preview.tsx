/** The job scripts as they would be submitted. */
import { Clipboard, Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type JSX, useId, useState, type KeyboardEvent } from 'react';
import type { Scripts } from '../api/schema';

type Script = Scripts['scripts'][number];

/** Show them in a dialog, resolved when it is closed. */
export async function showScripts(
  scripts: readonly Script[],
  trans: TranslationBundle
): Promise<void> {
  const title = trans.__('Job Scripts');
  const dialog = new Dialog({
    title,
    body: ReactWidget.create(<ScriptTabs scripts={scripts} trans={trans} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })],
    hasClose: true
  });
  dialog.addClass('jp-DaskHpc-Preview');
  dialog.node.ariaLabel = title;
  await dialog.launch();
}

/** One tab a script. */
export function ScriptTabs(props: {
  scripts: readonly Script[];
  trans: TranslationBundle;
}): JSX.Element {
  const { scripts, trans } = props;
  const [index, setIndex] = useState(0);
  const [copied, setCopied] = useState(false);
  const id = useId();
  const chosen = scripts[index];

  const choose = (next: number): void => {
    setIndex(next);
    setCopied(false);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const next = (index + step + scripts.length) % scripts.length;
      choose(next);
      const tab = event.currentTarget.children[next];
      (tab as HTMLElement).focus();
    }
  };

  return (
    <div className="jp-DaskHpc-Scripts">
      <div className="jp-DaskHpc-Scripts-bar">
        <div role="tablist" onKeyDown={onKeyDown}>
          {scripts.map((script, number) => (
            <button
              key={script.role}
              type="button"
              role="tab"
              className="jp-DaskHpc-Scripts-tab"
              id={`${id}-${script.role}`}
              aria-selected={number === index}
              aria-controls={`${id}-text`}
              tabIndex={number === index ? 0 : -1}
              onClick={() => choose(number)}
            >
              {script.title}
            </button>
          ))}
        </div>
        <button
          type="button"
          className="jp-DaskHpc-Scripts-copy"
          onClick={() => {
            Clipboard.copyToSystem(chosen.text);
            setCopied(true);
          }}
        >
          {copied ? trans.__('Copied') : trans.__('Copy')}
        </button>
      </div>
      <pre
        id={`${id}-text`}
        role="tabpanel"
        aria-labelledby={`${id}-${chosen.role}`}
        tabIndex={0}
      >
        {chosen.text}
      </pre>
    </div>
  );
}
