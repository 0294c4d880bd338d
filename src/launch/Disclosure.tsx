import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { type JSX, useId, type ReactNode } from 'react';

interface Props {
  title: string;
  /** In a few words what is in it. */
  hint: string;
  open: boolean;
  onToggle: () => void;
  children: ReactNode;
}

/** A part of a form that opens and closes. */
export function Disclosure(props: Props): JSX.Element {
  const { title, hint, open, onToggle, children } = props;
  const id = useId();
  const Caret = (open ? caretDownIcon : caretRightIcon).react;
  return (
    <div className="jp-DaskHpc-Disclosure">
      <button
        type="button"
        className="jp-DaskHpc-Disclosure-title"
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
      >
        <Caret tag="span" className="jp-DaskHpc-Disclosure-caret" />
        {title}{' '}
        <span className="jp-DaskHpc-Disclosure-hint" title={hint}>
          {hint}
        </span>
      </button>
      <div id={id} hidden={!open}>
        {children}
      </div>
    </div>
  );
}
