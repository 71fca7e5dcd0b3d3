import * as vscode from 'vscode';

/** One choice of a list. */
export interface Choice<T> extends vscode.QuickPickItem {
  value: T;
}

export interface Question {
  title: string;
  prompt: string;
  value?: string;
  placeholder?: string;
  /** What is typed is not shown. */
  secret?: boolean;
  /** What is wrong with an answer, or null. */
  check?(answer: string): string | null | Promise<string | null>;
}

/** What the extension says and asks. Undefined answers: the person dismissed it. Tests answer instead of a person. */
export interface Dialogs {
  /** Stops everything until it is answered; the first action is the default. */
  confirm(message: string, detail: string, actions: readonly string[]): Promise<string | undefined>;
  ask(question: Question): Promise<string | undefined>;
  pick<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined>;
  pickMany<T>(title: string, choices: readonly Choice<T>[]): Promise<T[] | undefined>;
  say(message: string, ...actions: string[]): Promise<string | undefined>;
  warn(message: string, ...actions: string[]): Promise<string | undefined>;
  complain(message: string, ...actions: string[]): Promise<string | undefined>;
  chooseFile(options: vscode.OpenDialogOptions): Promise<vscode.Uri | undefined>;
  chooseTarget(options: vscode.SaveDialogOptions): Promise<vscode.Uri | undefined>;
}

/** The editor's own pop-ups, lists and boxes. */
export const editorDialogs: Dialogs = {
  confirm: async (message, detail, actions) =>
    vscode.window.showWarningMessage(message, { modal: true, detail }, ...actions),
  ask: async ({ title, prompt, value, placeholder, check, secret = false }) =>
    vscode.window.showInputBox({
      title,
      prompt,
      ignoreFocusOut: true,
      password: secret,
      ...(value === undefined ? {} : { value }),
      ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
      ...(check === undefined ? {} : { validateInput: check }),
    }),
  pick: async (title, choices) => {
    const chosen = await vscode.window.showQuickPick(choices, { title, matchOnDescription: true, matchOnDetail: true });
    return chosen?.value;
  },
  pickMany: async (title, choices) => {
    const options = { title, matchOnDescription: true, canPickMany: true as const };
    const chosen = await vscode.window.showQuickPick(choices, options);
    return chosen?.map(({ value }) => value);
  },
  say: async (message, ...actions) => vscode.window.showInformationMessage(message, ...actions),
  warn: async (message, ...actions) => vscode.window.showWarningMessage(message, ...actions),
  complain: async (message, ...actions) => vscode.window.showErrorMessage(message, ...actions),
  chooseFile: async (options) => (await vscode.window.showOpenDialog({ ...options, canSelectMany: false }))?.[0],
  chooseTarget: async (options) => vscode.window.showSaveDialog(options),
};
