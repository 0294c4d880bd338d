/** Provides what the browser knows of clusters. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { setLanguage } from '../messages/locale';
import { DOMAIN, IClusterModel } from '../tokens';

export const modelPlugin: JupyterFrontEndPlugin<IClusterModel> = {
  id: 'jupyterlab-dask-hpc:model',
  description: 'Knows the Dask clusters of this notebook server.',
  autoStart: true,
  provides: IClusterModel,
  optional: [ITranslator],
  activate: async (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const [{ ApiClient }, { Stream }, { ClusterModel }, { setTranslation }] =
      await Promise.all([
        import('../api/client'),
        import('../api/stream'),
        import('./model'),
        import('../messages/compose')
      ]);
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    setTranslation(trans);
    setLanguage((translator ?? nullTranslator).languageCode);
    const settings = app.serviceManager.serverSettings;
    return new ClusterModel(
      new ApiClient(trans, settings),
      new Stream(trans, settings)
    );
  }
};
