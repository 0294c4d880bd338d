/** One log: its bar and its lines. Needs the file as its key. */
import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  checkIcon,
  copyIcon,
  downloadIcon,
  listIcon
} from '@jupyterlab/ui-components';
import {
  useCallback,
  useEffect,
  useReducer,
  useRef,
  useState,
  type JSX,
  type RefCallback
} from 'react';

import { Button } from '../../common/Button';
import { count, fileSize } from '../../common/format';
import { useSignal } from '../../common/useSignal';
import type { IClusterModel } from '../../tokens';
import { SegmentedControl } from '../../common/SegmentedControl';
import { download } from './download';
import type { Level } from './levels';
import { LogSearch } from './LogSearch';
import { LogView, type Target } from './logView';
import { messageOf, OpenLog } from './openLog';

export interface ILogViewerProps {
  model: IClusterModel;
  /** The cluster's id. */
  id: string;
  file: string;
  /** The folder the file lies in, as the user copies it. */
  folder: string;
  /** A place to show; a new object asks again. */
  target: Target | null;
  filesOpen: boolean;
  onFiles: () => void;
  trans: TranslationBundle;
}

export function LogViewer(props: ILogViewerProps): JSX.Element {
  const { model, id, file, target, trans } = props;
  const [view, host] = useLogView(model, id, file, trans);
  const [status, setStatus] = useState('');
  const following = Boolean(view?.following && view.log.followed);
  const lost = useSignal(model.changed, () => model.connectionError);

  useEffect(() => {
    if (view && target) {
      void view.show(target).then(found => {
        setStatus(
          found || view.isDisposed
            ? ''
            : trans.__('This line is not in the part of the log that is shown.')
        );
      });
    }
  }, [view, target, trans]);

  const save = async () => {
    try {
      await download(model, id, file, (done, size) =>
        setStatus(
          trans.__('Downloading, %1 of %2', fileSize(done), fileSize(size))
        )
      );
      setStatus('');
    } catch (error) {
      setStatus(messageOf(error));
    }
  };
  const copy = () => {
    Clipboard.copyToSystem(`${props.folder}/${file}`);
    setStatus(trans.__('Path copied'));
  };

  return (
    <section
      className="jp-DaskHpc-LogViewer"
      aria-label={file}
      onKeyDown={event => {
        if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
          event.preventDefault();
          event.stopPropagation();
          event.currentTarget
            .querySelector<HTMLInputElement>('.jp-DaskHpc-LogSearch input')
            ?.select();
        }
      }}
    >
      <div className="jp-DaskHpc-LogBar">
        <Button
          icon={listIcon}
          className="jp-DaskHpc-LogFilesButton"
          aria-expanded={props.filesOpen}
          onClick={props.onFiles}
        >
          {trans.__('Files')}
        </Button>
        <span className="jp-DaskHpc-LogName" title={file}>
          {file}
        </span>
        <Button
          look="icon"
          icon={copyIcon}
          title={trans.__('Copy path')}
          aria-label={trans.__('Copy path')}
          onClick={copy}
        />
        <Button
          look="icon"
          icon={downloadIcon}
          title={trans.__('Download')}
          aria-label={trans.__('Download')}
          onClick={() => void save()}
        />
        <span className="jp-DaskHpc-LogSaid" role="status" title={status}>
          {status}
        </span>
        {view && (
          <>
            <SegmentedControl<Level | null>
              label={trans.__('Lines to show')}
              value={view.level}
              onChange={level => view.setLevel(level)}
              options={[
                { value: null, title: trans.__('All') },
                {
                  value: 'warning',
                  title: trans.__(
                    'Warnings %1',
                    count(view.log.text.count('warning'))
                  )
                },
                {
                  value: 'error',
                  title: trans.__(
                    'Errors %1',
                    count(view.log.text.count('error'))
                  )
                }
              ]}
            />
            <LogSearch
              query={view.query}
              current={view.current}
              matches={view.matches.length}
              onQuery={query => view.setQuery(query)}
              onStep={by => view.step(by)}
              trans={trans}
            />
            <Button
              className="jp-DaskHpc-LogFollow"
              icon={following ? checkIcon : undefined}
              aria-pressed={following}
              disabled={!view.log.followed}
              onClick={() => view.setFollowing(!view.following)}
            >
              {view.unseen
                ? trans._n(
                    '%2 new line',
                    '%2 new lines',
                    view.unseen,
                    count(view.unseen)
                  )
                : trans.__('Follow')}
            </Button>
          </>
        )}
      </div>
      {view && <Above view={view} lost={lost} trans={trans} />}
      <div className="jp-DaskHpc-LogLines" ref={host} />
    </section>
  );
}

/** What stands above the lines: why there are none, or that there are more. */
function Above({
  view: { log, level },
  lost,
  trans
}: {
  view: LogView;
  /** Why nothing comes from the server; empty while it does. */
  lost: string;
  trans: TranslationBundle;
}): JSX.Element | null {
  if (log.error || lost) {
    return (
      <p className="jp-DaskHpc-LogNote" role="status">
        {log.error || lost}
      </p>
    );
  }
  if (log.hasEarlier) {
    return (
      <p className="jp-DaskHpc-LogNote">
        {trans.__('The end of %1 is shown.', fileSize(log.size))}{' '}
        <Button look="link" onClick={() => void log.showEarlier()}>
          {trans.__('Show earlier')}
        </Button>
      </p>
    );
  }
  if (log.hasMore) {
    return (
      <p className="jp-DaskHpc-LogNote">
        {trans.__(
          'The end of %1 is shown. Download the log to read all of it.',
          fileSize(log.size)
        )}
      </p>
    );
  }
  const none = level
    ? log.text.count(level) === 0
    : log.text.lines.length === 0;
  return log.opened && none ? (
    <p className="jp-DaskHpc-LogNote">
      {level === 'error'
        ? trans.__('No errors in this log.')
        : level === 'warning'
          ? trans.__('No warnings in this log.')
          : trans.__('This log is empty.')}
    </p>
  ) : null;
}

/** The log of that file in the element that takes the returned ref, as long as that one lives. */
function useLogView(
  model: IClusterModel,
  id: string,
  file: string,
  trans: TranslationBundle
): [view: LogView | null, host: RefCallback<HTMLElement>] {
  const [view, setView] = useState<LogView | null>(null);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const opened = useRef<LogView | null>(null);
  const host = useCallback(
    (element: HTMLElement | null) => {
      opened.current?.dispose();
      opened.current = element
        ? new LogView(
            new OpenLog(model, id, file),
            element,
            trans.__('Lines of %1', file)
          )
        : null;
      opened.current?.changed.connect(redraw);
      setView(opened.current);
    },
    [model, id, file, trans]
  );
  return [view, host];
}
