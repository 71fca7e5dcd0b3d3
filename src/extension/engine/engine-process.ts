// Filled by the editor's room: hosts the engine for the extension.
export {};
