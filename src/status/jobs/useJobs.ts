/** What a watch of jobs shows at one moment. */
import { useEffect, useState } from 'react';
import type { Job, Sample } from '../../api/schema';
import type { IJobsWatch } from '../../tokens';

export interface IJobsSeen {
  jobs: ReadonlyMap<string, Job>;
  samples: readonly Sample[];
}

/** Jobs as they come, or as they were last while not `inSight`. */
export function useJobs(watch: IJobsWatch, inSight: boolean): IJobsSeen {
  const [seen, setSeen] = useState(() => copy(watch));
  useEffect(() => {
    if (!inSight) {
      return;
    }
    const look = () => setSeen(copy(watch));
    look();
    watch.changed.connect(look);
    return () => {
      watch.changed.disconnect(look);
    };
  }, [watch, inSight]);
  return seen;
}

/** The watch may go on with the same map: a copy is what stays as it was. */
function copy({ jobs, samples }: IJobsWatch): IJobsSeen {
  return { jobs: new Map(jobs), samples: [...samples] };
}
