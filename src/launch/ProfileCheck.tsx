import { Dialog, ReactWidget, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState, type JSX } from 'react';
import type { Finding } from '../api/examination';
import type { Profile } from '../api/schema';
import { Button } from '../common/Button';
import { errorText } from '../common/error';
import type { IClusterModel } from '../tokens';

interface Props {
  model: IClusterModel;
  trans: TranslationBundle;
  profile: Profile;
  workspace: () => string;
}

/** For administrators: examines a profile by tiny jobs, and shows what was found. */
export function ProfileCheck(props: Props): JSX.Element {
  const { model, trans, profile, workspace } = props;
  const [running, setRunning] = useState(false);

  const check = async (): Promise<void> => {
    if (running) {
      return;
    }
    setRunning(true);
    try {
      const findings = await model.examine(profile.name, workspace());
      setRunning(false);
      await showFindings(profile.title, findings, trans);
    } catch (error) {
      setRunning(false);
      await showErrorMessage(
        trans.__('The profile was not checked'),
        errorText(error)
      );
    }
  };

  return (
    <div className="jp-DaskHpc-ProfileCheck">
      <Button
        look="link"
        aria-disabled={running}
        onClick={() => void check()}
        title={trans.__(
          'Runs a tiny job for scheduler and worker, and shows what works and what does not.'
        )}
      >
        {trans.__('Check this profile')}
      </Button>
      <span role="status">
        {running && trans.__('Checking. The jobs may wait in the queue.')}
      </span>
    </div>
  );
}

/** Show them in a dialog, resolved when it is closed. */
async function showFindings(
  profile: string,
  findings: readonly Finding[],
  trans: TranslationBundle
): Promise<void> {
  const title = trans.__('Check of %1', profile);
  const dialog = new Dialog({
    title,
    body: ReactWidget.create(<Findings findings={findings} trans={trans} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })],
    hasClose: true
  });
  dialog.addClass('jp-DaskHpc-Preview');
  dialog.node.ariaLabel = title;
  await dialog.launch();
}

/** The table: what failed first. */
export function Findings({
  findings,
  trans
}: {
  findings: readonly Finding[];
  trans: TranslationBundle;
}): JSX.Element {
  const words: Record<Finding['status'], string> = {
    failed: trans.__('failed'),
    warning: trans.__('warning'),
    'not-checked': trans.__('not checked'),
    ok: trans.__('ok')
  };
  const order = Object.keys(words);
  const sorted = [...findings].sort(
    (one, other) => order.indexOf(one.status) - order.indexOf(other.status)
  );
  return (
    <table className="jp-DaskHpc-Findings">
      <tbody>
        {sorted.map(({ check, title, status, found, advice, keys }) => (
          <tr key={check} data-status={status}>
            <td>{words[status]}</td>
            <th scope="row">{title}</th>
            <td>
              {found}
              {advice && <p>{advice}</p>}
              {keys.length > 0 && <code>{keys.join(', ')}</code>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
