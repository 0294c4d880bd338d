/** The rows of the table: its groups, the entries of those that are open, and jobs whose details are shown. */
import type { IGroup } from './arrange';

export type Row =
  | { group: IGroup; open: boolean }
  | { key: string }
  /** The job of an entry. */
  | { jobOf: string };

/**
 * @param closed - keys of groups whose entries are left out.
 * @param detailed - keys of entries under which their job is shown.
 */
export function rowsOf(
  groups: readonly IGroup[],
  closed: ReadonlySet<string>,
  detailed: ReadonlySet<string> = new Set()
): Row[] {
  return groups.flatMap(group => {
    const open = !closed.has(group.key);
    const rows = (open ? group.keys : []).flatMap((key): Row[] =>
      detailed.has(key) ? [{ key }, { jobOf: key }] : [{ key }]
    );
    return group.key ? [{ group, open }, ...rows] : rows;
  });
}

/** In px. */
export function rowHeight(row: Row): number {
  return 'group' in row ? 26 : 'key' in row ? 24 : 48;
}
