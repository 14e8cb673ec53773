import { IS_PORTAL, link } from '../route.js';

/** The beginning of a session's id, which leads to its page where there is one. */
export const SessionLink = ({ id }: { readonly id: string }) => {
  const text = `${id.slice(0, 18)}…`;
  return IS_PORTAL ? (
    <span class="mono" title={id}>
      {text}
    </span>
  ) : (
    <a href={link(`/sessions/${id}`)} class="mono" title={id}>
      {text}
    </a>
  );
};
