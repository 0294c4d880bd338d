/** One chip a state: how many, and a filter for map and table. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from '../../common/Button';
import type { JobState } from '../../api/schema';
import { count } from '../../common/format';
import { JobIcon } from '../../common/icons';
import { jobStateLabel } from '../../common/labels';

/** In the order of the bar. */
const ORDER: readonly JobState[] = [
  'running',
  'connecting',
  'ending',
  'pending',
  'ended',
  'failed'
];

export interface IChipsProps {
  counts: Record<JobState, number>;
  chosen: JobState | null;
  trans: TranslationBundle;
  onChoose: (state: JobState | null) => void;
}

export function Chips({ counts, chosen, trans, onChoose }: IChipsProps) {
  return (
    <div
      className="jp-DaskHpc-Chips"
      role="group"
      aria-label={trans.__('Show only')}
    >
      {ORDER.filter(state => counts[state] > 0 || state === chosen).map(
        state => (
          <Button
            key={state}
            aria-pressed={state === chosen}
            onClick={() => onChoose(state === chosen ? null : state)}
          >
            <JobIcon state={state} />
            {`${count(counts[state])} ${jobStateLabel(state, trans).toLowerCase()}`}
          </Button>
        )
      )}
    </div>
  );
}
