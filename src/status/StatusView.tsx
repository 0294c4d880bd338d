/** Facts, tabs, and the tab in sight. */
import type { ITranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { useState, type ReactNode } from 'react';
import { useSignal } from '../common/useSignal';
import { DOMAIN, type IClusterModel, type IJobsWatch } from '../tokens';
import { UsageLine } from '../common/UsageLine';
import { Facts } from './Facts';
import { JobsTab } from './jobs/JobsTab';
import { LogsTab } from './logs/LogsTab';
import { ScriptsTab } from './scripts/ScriptsTab';
import { Tabs } from '../common/Tabs';
import type { IPlace, Tab } from './options';

export interface IStatusViewProps {
  id: string;
  model: IClusterModel;
  commands: CommandRegistry;
  translator: ITranslator;
  jobs: IJobsWatch;
  place: IPlace;
  /** False while another tab of JupyterLab covers this one: nothing is drawn anew then. */
  inSight: boolean;
  onTab: (tab: Tab) => void;
}

export function StatusView(props: IStatusViewProps) {
  const { id, model, commands, translator, jobs, place, inSight, onTab } =
    props;
  const trans = translator.load(DOMAIN);
  const cluster = useSignal(model.changed, () => model.get(id));
  const tab = place.tab ?? 'jobs';
  const visited = useVisited(tab);
  if (!cluster) {
    return (
      <p className="jp-DaskHpc-StatusEmpty">
        {trans.__('This cluster is not known to the server.')}
      </p>
    );
  }
  const panels: Record<Tab, () => ReactNode> = {
    jobs: () => (
      <JobsTab
        model={model}
        cluster={cluster}
        commands={commands}
        translator={translator}
        jobs={jobs}
        inSight={inSight && tab === 'jobs'}
      />
    ),
    logs: () => (
      <LogsTab
        model={model}
        cluster={cluster}
        jobs={jobs}
        translator={translator}
        place={place}
      />
    ),
    scripts: () => (
      <ScriptsTab model={model} cluster={cluster} translator={translator} />
    )
  };
  return (
    <>
      <Facts cluster={cluster} model={model} trans={trans} />
      <UsageLine cluster={cluster} commands={commands} trans={trans} />
      <Tabs
        label={cluster.name}
        tabs={[
          { name: 'jobs', title: trans.__('Jobs') },
          { name: 'logs', title: trans.__('Logs') },
          { name: 'scripts', title: trans.__('Scripts') }
        ]}
        chosen={tab}
        onChoose={onTab}
        panel={name => visited.has(name) && panels[name]()}
      />
    </>
  );
}

/** Tabs that were open once stay as they are: a search, a place in a log, a filter. */
function useVisited(tab: Tab): ReadonlySet<Tab> {
  const [visited, setVisited] = useState<ReadonlySet<Tab>>(new Set([tab]));
  if (!visited.has(tab)) {
    setVisited(new Set([...visited, tab]));
  }
  return visited;
}
