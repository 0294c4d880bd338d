import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { type JSX, useId, type ReactNode } from 'react';
import { Button } from '../common/Button';

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
  return (
    <div className="jp-DaskHpc-Disclosure">
      <Button
        look="bare"
        icon={open ? caretDownIcon : caretRightIcon}
        className="jp-DaskHpc-Disclosure-title"
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
      >
        {title}{' '}
        <span className="jp-DaskHpc-Disclosure-hint" title={hint}>
          {hint}
        </span>
      </Button>
      <div id={id} hidden={!open}>
        {children}
      </div>
    </div>
  );
}
