/** The link parameter that hands a visitor over to another domain. It stands in no event, whatever parameters a host lets addresses keep. */
export const HANDOVER_PARAMETER = "attune_handover";
