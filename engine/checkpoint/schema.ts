/** Version of everything that this folder writes. A store of another version is refused. */
export const SCHEMA = 2;
