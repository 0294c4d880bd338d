/** The cards of all clusters, newest first, and those that are over. */
import type { ITranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import { useEffect, useState, type JSX } from 'react';
import { useNow } from '../common/useNow';
import { useSignal } from '../common/useSignal';
import { DOMAIN, type IClusterModel } from '../tokens';
import { Announcements } from './announcements';
import { Card } from './Card';
import { Closed } from './Closed';
import { Empty } from './Empty';
import { hasCard } from './timing';

export interface IClusterListProps {
  model: IClusterModel;
  commands: CommandRegistry;
  translator: ITranslator;
  /** Emits the id of a cluster whose card is to ask for a number of workers. */
  scaled: ISignal<unknown, string>;
}

export function ClusterList({
  model,
  commands,
  translator,
  scaled
}: IClusterListProps): JSX.Element {
  const trans = translator.load(DOMAIN);
  const clusters = useSignal(model.changed, () => model.clusters);
  const now = useNow(() => model.now(), 15);
  const cards = clusters.filter(cluster => hasCard(cluster, now));
  const closed = clusters.filter(cluster => !hasCard(cluster, now));
  return (
    <>
      <LiveRegion model={model} translator={translator} />
      {cards.map(cluster => (
        <Card
          key={cluster.id}
          cluster={cluster}
          model={model}
          commands={commands}
          trans={trans}
          now={now}
          scaled={scaled}
        />
      ))}
      {cards.length === 0 && <Empty trans={trans} before={closed.length > 0} />}
      {closed.length > 0 && (
        <Closed clusters={closed} commands={commands} trans={trans} now={now} />
      )}
    </>
  );
}

/** Speaks to a screen reader. */
function LiveRegion({
  model,
  translator
}: Pick<IClusterListProps, 'model' | 'translator'>): JSX.Element {
  const [news, setNews] = useState('');
  useEffect(() => {
    const announcements = new Announcements(translator.load(DOMAIN));
    const listen = () => {
      const messages = announcements.update(model.clusters, model.now());
      if (messages.length > 0) {
        setNews(messages.join('. '));
      }
    };
    let gone = false;
    // What is there at first is not news.
    void model.ready.then(() => {
      if (!gone) {
        listen();
        model.changed.connect(listen);
      }
    });
    return () => {
      gone = true;
      model.changed.disconnect(listen);
    };
  }, [model, translator]);
  return (
    <div className="jp-DaskHpc-visuallyHidden" role="status" aria-live="polite">
      {news}
    </div>
  );
}
