import * as assert from 'node:assert/strict';
import path from 'node:path';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { sqliteFile } from '../../../src/engine/tracking/sqlite/location.ts';

const { posix, win32 } = path;

describe('The file behind sqlite:', () => {
  const cases: [string, string, path.PlatformPath, string][] = [
    ['sqlite:///mlflow.db', '/srv/project', posix, '/srv/project/mlflow.db'],
    ['sqlite:///stores/mlflow.db', '/srv/project', posix, '/srv/project/stores/mlflow.db'],
    ['sqlite:///../mlflow.db', '/srv/project', posix, '/srv/mlflow.db'],
    ['sqlite:////data/mlflow.db', '/srv/project', posix, '/data/mlflow.db'],
    ['sqlite:////data/mlflow.db?timeout=20', '/srv/project', posix, '/data/mlflow.db'],
    ['sqlite:///mlflow.db', 'D:\\project', win32, 'D:\\project\\mlflow.db'],
    ['sqlite:///C:/data/mlflow.db', 'D:\\project', win32, 'C:\\data\\mlflow.db'],
    ['sqlite:///C:\\data\\mlflow.db', 'D:\\project', win32, 'C:\\data\\mlflow.db'],
    ['sqlite:////data/mlflow.db', 'D:\\project', win32, 'D:\\data\\mlflow.db'],
  ];
  for (const [uri, folder, paths, file] of cases) {
    it(`${uri} in ${folder} is ${file}`, () => assert.equal(sqliteFile(uri, folder, paths), file));
  }

  for (const uri of ['sqlite://', 'sqlite:///', 'sqlite:///:memory:', 'sqlite:mlflow.db']) {
    it(`${uri} is none, and is refused with what to write`, () => {
      assert.throws(
        () => sqliteFile(uri, '/srv'),
        (error) => EngineError.is(error, 'usage') && /sqlite:\/\/\/mlflow\.db/.test(error.details.fix!),
      );
    });
  }
});
