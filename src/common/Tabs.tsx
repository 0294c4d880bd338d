/** Tabs with their panels; arrow keys, Home and End move along the row. */
import {
  useId,
  useRef,
  type JSX,
  type KeyboardEvent,
  type ReactNode
} from 'react';

export interface ITabsProps<Name extends string> {
  /** What the tabs are about, for a screen reader. */
  label: string;
  tabs: readonly { name: Name; title: string }[];
  chosen: Name;
  onChoose: (name: Name) => void;
  panel: (name: Name) => ReactNode;
  /** At the end of the row. */
  end?: ReactNode;
}

export function Tabs<Name extends string>(
  props: ITabsProps<Name>
): JSX.Element {
  const { label, tabs, chosen, onChoose, panel, end } = props;
  const id = useId();
  const row = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ name }) => name === chosen);
    const to = {
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      ArrowRight: (at + 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      onChoose(tabs[to].name);
      (row.current?.children[to] as HTMLElement | undefined)?.focus();
    }
  };

  return (
    <>
      <div className="jp-DaskHpc-Tabs">
        <div ref={row} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
          {tabs.map(({ name, title }) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${name}`}
              aria-controls={`${id}-${name}-panel`}
              aria-selected={name === chosen}
              tabIndex={name === chosen ? 0 : -1}
              onClick={() => onChoose(name)}
            >
              {title}
            </button>
          ))}
        </div>
        {end}
      </div>
      {tabs.map(({ name }) => (
        <div
          key={name}
          className="jp-DaskHpc-TabPanel"
          role="tabpanel"
          id={`${id}-${name}-panel`}
          aria-labelledby={`${id}-${name}`}
          hidden={name !== chosen}
        >
          {panel(name)}
        </div>
      ))}
    </>
  );
}
