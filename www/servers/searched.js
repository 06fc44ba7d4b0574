// Which server is searched, as far as the page's state tells.

/** Whether searches go to the person's server. */
export const isOnServer = ({ isSearched, connection }) => isSearched && Boolean(connection?.found);

/** The server as a person would name it. */
export const hostOf = ({ connection }) => new URL(connection.base).host;
