/** The rows of the table: its groups, and the jobs of those that are open. */
import type { IGroup } from './arrange';

export type Row = { group: IGroup; open: boolean } | { id: string };

/** @param closed - keys of groups whose jobs are left out. */
export function rowsOf(
  groups: readonly IGroup[],
  closed: ReadonlySet<string>
): Row[] {
  return groups.flatMap(group => {
    const open = !closed.has(group.key);
    const jobs: Row[] = open ? group.ids.map(id => ({ id })) : [];
    return group.key ? [{ group, open }, ...jobs] : jobs;
  });
}

/** In px. */
export function rowHeight(row: Row): number {
  return 'group' in row ? 26 : 24;
}
