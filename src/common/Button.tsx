/** JupyterLab's button in the looks of this extension. It takes no ref: a component in which React 18 has none. */
import {
  Button as JupyterButton,
  type LabIcon
} from '@jupyterlab/ui-components';
import type { ComponentProps, JSX } from 'react';

/**
 * `plain` has a border, `icon` is an icon alone, `link` is underlined text in a sentence, `bare` is
 * text that takes its font from where it is: a title that opens a section, the head of a column.
 */
export type ButtonLook = 'plain' | 'icon' | 'link' | 'bare';

export interface IButtonProps extends ComponentProps<typeof JupyterButton> {
  look?: ButtonLook;
  /** Before the text, or alone. */
  icon?: LabIcon;
}

export function Button({
  look = 'plain',
  icon: Icon,
  className,
  children,
  ...others
}: IButtonProps): JSX.Element {
  return (
    <JupyterButton
      type="button"
      className={`jp-DaskHpc-Button jp-mod-${look} ${className ?? ''}`.trim()}
      {...others}
    >
      {Icon && <Icon.react tag="span" width="14px" height="14px" />}
      {children}
    </JupyterButton>
  );
}
