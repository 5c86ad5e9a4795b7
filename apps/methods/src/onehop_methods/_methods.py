"""Methods by the name that the command line knows them by.

This is the only place where the commands learn of a method. To add one, write its
package and give it a line in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import onehop_consistency as consistency
import onehop_direct as direct
import onehop_flowdistill as flowdistill
import onehop_koopman_fdk as koopman_fdk
import onehop_sdm as sdm
import onehop_sds as sds
import onehop_vdd_moe as vdd_moe
from onehop_interfaces import Recipe
from onehop_interfaces.acting import OneCall

# Pairs of noise and chunk, for the methods that learn from them.
from onehop_koopman_fdk import FromTeacher, Temperatures, write_pairs

__all__ = ["METHODS", "FromTeacher", "Method", "Temperatures", "write_pairs"]


class Method(NamedTuple):
    """A way to distil.

    Attributes:
        title: What tables and figures call it.
        recipe: Its settings, which make the distiller.
        student: Its policies, an `nn.Module` that is a `Student`; its `from_config`
            rebuilds one around a network in a teacher's clothes, still without weights.
    """

    title: str
    recipe: type[Recipe]
    student: Any

    @property
    def about(self) -> str:
        """One line: the first of the recipe's description."""
        return (self.recipe.__doc__ or "").split("\n")[0]


METHODS: Mapping[str, Method] = {
    "sds": Method("SwiftPolicy", sds.SDSRecipe, OneCall),
    "sdm": Method("SDM", sdm.SDMRecipe, OneCall),
    "onedp": Method("OneDP-S", sdm.OneDPRecipe, OneCall),
    "oneflow": Method("OneFlow", flowdistill.OneFlowRecipe, flowdistill.Student),
    "meanflow": Method("MeanFlow", flowdistill.MeanFlowRecipe, flowdistill.Student),
    "vdd": Method("VDD", vdd_moe.VDDRecipe, vdd_moe.Student),
    "em": Method("EM", vdd_moe.EMRecipe, vdd_moe.Student),
    "imc": Method("IMC", vdd_moe.IMCRecipe, vdd_moe.Student),
    "dnk": Method("DNK", koopman_fdk.DNKRecipe, koopman_fdk.Student),
    "kdm": Method("KDM", koopman_fdk.KDMRecipe, koopman_fdk.Student),
    "kdm-f": Method("KDM-F", koopman_fdk.KDMFRecipe, koopman_fdk.Student),
    "cd": Method("CD", consistency.CDRecipe, consistency.Student),
    "ct": Method("iCT", consistency.CTRecipe, consistency.Student),
    "ctm": Method("CTM", consistency.CTMRecipe, consistency.Student),
    "lcm": Method("LCM", consistency.LCMRecipe, consistency.Student),
    "regression": Method("regression", direct.RegressionRecipe, OneCall),
    "mip": Method("MIP", direct.MIPRecipe, direct.TwoCalls),
    "drifting": Method("drifting", direct.DriftingRecipe, OneCall),
}
"""Every method."""
