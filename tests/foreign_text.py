"""Text catalogues as Rockstar, consistent-trees, UniverseMachine and CosmoSim write them, made by rule.

Headers are those of the programs' sources and of public files. Every cell that a test does not set holds a
number that tells its column and row, so that a reader that takes the wrong column is caught.
"""

import numpy as np
import pytest

from zwicky.errors import ZwickyError
from zwicky.simulations.known import KnownReader, recognises
from zwicky.simulations.layouts import FORMATS


class Known:
    """A known format by its name: called, its reader of some files; asked, whether a file is of it."""

    def __init__(self, name):
        self.layout = FORMATS[name]

    def __call__(self, paths):
        return KnownReader(self.layout, paths)

    def recognises(self, path, start):
        return recognises(self.layout, path, start)


ROCKSTAR_OUT, ROCKSTAR_ASCII, HLIST = Known("rockstar-out"), Known("rockstar-ascii"), Known("hlist")
COSMOSIM, UM_TEXT, UM_HISTORIES_TEXT = (
    Known("cosmosim-csv"),
    Known("universe-machine-text"),
    Known("universe-machine-histories"),
)
UM_BINARY, UM_ARRAY = Known("universe-machine-binary"), Known("universe-machine-array")
UCHUU, HALOTOOLS = Known("uchuu"), Known("halotools")


def _names(line):
    return line.split()


OUT = _names("""
    ID DescID Mvir Vmax Vrms Rvir Rs Np X Y Z VX VY VZ JX JY JZ Spin rs_klypin Mvir_all M200b M200c
    M500c M2500c Xoff Voff spin_bullock b_to_a c_to_a A[x] A[y] A[z] b_to_a(500c) c_to_a(500c)
    A[x](500c) A[y](500c) A[z](500c) T/|U| M_pe_Behroozi M_pe_Diemer
""")
ASCII = _names("""
    id num_p mvir mbound_vir rvir vmax rvmax vrms x y z vx vy vz Jx Jy Jz E Spin PosUncertainty
    VelUncertainty bulk_vx bulk_vy bulk_vz BulkVelUnc n_core m200b m200c m500c m2500c Xoff Voff
    spin_bullock b_to_a c_to_a A[x] A[y] A[z] b_to_a(500c) c_to_a(500c) A[x](500c) A[y](500c)
    A[z](500c) Rs Rs_Klypin T/|U| M_pe_Behroozi M_pe_Diemer idx i_so i_ph num_cp mmetric
""")

ROCKSTAR_REMARKS = """\
#a = {a:f}
#Om = 0.307115; Ol = 0.692885; h = 0.677700
#FOF linking length: 0.280000
#Unbound Threshold: 0.500000; FOF Refinement Threshold: 0.700000
#Particle mass: 1.50539e+09 Msun/h
#Box size: {box:f} Mpc/h
#Force resolution assumed: 0.005 Mpc/h
#Units: Masses in Msun / h
#Units: Positions in Mpc / h (comoving)
#Units: Velocities in km / s (physical, peculiar)
#Units: Halo Distances, Lengths, and Radii in kpc / h (comoving)
#Units: Angular Momenta in (Msun/h) * (Mpc/h) * km/s (physical)
#Units: Spins are dimensionless
#Np is an internal debugging quantity.
#Rockstar Version: 0.99.9-RC3+
"""

_PREFIX = _names("""
    scale id desc_scale desc_id num_prog pid upid desc_pid phantom sam_mvir mvir rvir rs vrms mmp?
    scale_of_last_MM vmax x y z vx vy vz Jx Jy Jz Spin Breadth_first_ID Depth_first_ID Tree_root_ID
    Orig_halo_ID Snap_num Next_coprogenitor_depthfirst_ID Last_progenitor_depthfirst_ID
""")
_LEAF = ["Last_mainleaf_depthfirst_ID"]
_SHAPE = _names("""
    Rs_Klypin Mvir_all M200b M200c M500c M2500c Xoff Voff Spin_Bullock b_to_a c_to_a A[x] A[y] A[z]
    b_to_a(500c) c_to_a(500c) A[x](500c) A[y](500c) A[z](500c) T/|U|
""")
_PE = ["M_pe_Behroozi", "M_pe_Diemer"]
_HALF = ["Halfmass_Radius"]
_PEAK = _names("Macc Mpeak Vacc Vpeak Halfmass_Scale")
_RATES = _names("Acc_Rate_Inst Acc_Rate_100Myr Acc_Rate_1*Tdyn Acc_Rate_2*Tdyn Acc_Rate_Mpeak")
_FIRST = _names("Mpeak_Scale Acc_Scale First_Acc_Scale First_Acc_Mvir First_Acc_Vmax Vmax@Mpeak")
_TREES = _names(r"""
    Acc_Log_Vmax_Inst Acc_Log_Vmax_1*Tdyn Mpeak_Scale Acc_Scale First_Acc_Scale First_Acc_Mvir
    First_Acc_Vmax Vmax\@Mpeak Tidal_Force_Tdyn Log_(Vmax/Vmax_max(Tdyn;Tmpeak))
    Time_to_future_merger Future_merger_MMP_ID
""")
_TIDAL = ["Tidal_Force", "Tidal_ID"]
_NEW = _PREFIX + _LEAF + _TIDAL + _SHAPE + _PE + _HALF

#: Names of the columns in each layout of an hlist.
HLISTS = {
    "Bolshoi, Bolshoi-P and MultiDark": _PREFIX + _LEAF + _SHAPE + _PE + _PEAK + _RATES + _FIRST,
    "Consuelo": _PREFIX + _LEAF + _SHAPE + _PE + _HALF + _PEAK + _RATES + _FIRST,
    "old, without M_pe": [
        "Mmvir_all" if name == "Mvir_all" else name
        for name in _PREFIX + _SHAPE + _PEAK + _RATES + ["Mpeak_Scale", "Acc_Scale", "M4%_Scale"]
    ],
    "old, with M_pe": _PREFIX + _SHAPE + _PE + _HALF + _PEAK + _RATES + _FIRST,
    "consistent-trees 1.01": [
        {"Snap_num": "Snap_idx", "sam_mvir": "sam_Mvir", "mvir": "Mvir", "rvir": "Rvir"}.get(name, name)
        for name in _NEW + _PEAK + _RATES + _TREES
    ],
    "Uchuu": [*_NEW, "rvmax", *_PEAK, *_RATES, *_TREES],
    "Erebos, main mass M200b": [
        {
            "sam_mvir": "sam_M200b",
            "mvir": "M200b",
            "rvir": "R200b",
            "Mvir_all": "M200b_all",
            "M200b": "Mvir",
        }.get(name, name)
        for name in _NEW + _PEAK + _RATES + _TREES
    ],
    "BDM": [
        *_PREFIX,
        *_names("Xoff 2K/Ep-1 Rrms Axba Axca Xax Yax Zax Macc Mpeak Vacc Vpeak"),
    ],
}

HLIST_REMARKS = """\
#Omega_M = 0.307115; Omega_L = 0.692885; h0 = 0.677700
#Full box size = 1000.000000 Mpc/h
#Scale: Scale factor of halo.
#ID: ID of halo (unique across entire simulation).
#Upid: ID of most massive host halo (different from Pid when the halo is within two or more larger halos).
#Phantom: Nonzero for halos interpolated across timesteps.
#Mvir: Halo mass (Msun/h).
#Rvir: Halo radius (kpc/h comoving).
#Consistent Trees Version 1.01
#Includes fix for Rockstar spins & T/|U| (assuming T/|U| = column 53)
"""

UM_SFR = _names("""
    ID DescID UPID Flags Uparent_Dist X Y Z VX VY VZ M V MP VMP R Rank1 Rank2 RA RARank SM ICL SFR
    obs_SM obs_SFR SSFR SM/HM obs_UV
""")
UM_SFH = _names("""
    ID UPID X Y Z VX VY VZ Mpeak Mnow V@Mpeak Vnow Rvir Tidal_Tdyn Rank_DVmax(Z-score)
    Random_Rank(Z-score) SM ICL SFR Obs_SM Obs_SFR Obs_UV A_first_infall A_last_infall
""")
UM_HISTORIES = _names("""
    SFH ICLH SM_main_progenitor ICL_main_progenitor M_main_progenitor SFR_main_progenitor V@Mpeak
    Rank_DVmax
""")


def numbered(names, last=None):
    """A header line with the place behind each name, up to column `last`, as consistent-trees writes it."""
    last = len(names) if last is None else last
    return "#" + " ".join(f"{name}({i})" if i <= last else name for i, name in enumerate(names)) + "\n"


def rows_of(names, cells, separator=" "):
    """Lines of text with the texts `cells` (a dict of column to texts); the rest tell column and row."""
    n = len(next(iter(cells.values())))
    columns = [
        cells.get(name, [f"{1000 + place}.{row:03d}" for row in range(n)]) for place, name in enumerate(names)
    ]
    return "".join(separator.join(line) + "\n" for line in zip(*columns, strict=True))


def ids(n, first=3_060_000_000):
    """Texts of numbers of halos."""
    return [str(first + 7 * i) for i in range(n)]


def halos(n, seed=1):
    """Texts of positions, velocities, masses and radii in Rockstar's formats, by our names of the fields."""
    rng = np.random.default_rng(seed)
    texts = {axis: [f"{v:.5f}" for v in rng.uniform(0, 1000, n)] for axis in "xyz"}
    texts |= {f"v{axis}": [f"{v:.2f}" for v in rng.normal(0, 400, n)] for axis in "xyz"}
    for name in ("m200c", "m200b", "m500c", "mvir", "m_peak", "m_acc", "stellar_mass"):
        texts[name] = [f"{10**v:.4e}" for v in rng.uniform(11, 15, n)]
    for name in ("v_rms", "v_max"):
        texts[name] = [f"{v:.2f}" for v in rng.uniform(50, 1500, n)]
    texts["rvir"] = [f"{v:.3f}" for v in rng.uniform(50, 2500, n)]
    return texts


def canonical(reader, h=0.6777, scale_factor=1.0, **more):
    """All fields of a reader in canonical units, in one piece."""
    chunks = list(reader.chunks(list(reader.fields), h=h, scale_factor=scale_factor, **more))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in reader.fields}


def floats(texts):
    """Numbers that texts stand for, by Python's own parser."""
    return np.array([float(text) for text in texts])


def told(call, *args, **more):
    """The one line of the `ZwickyError` that a call ends in."""
    with pytest.raises(ZwickyError) as error:
        call(*args, **more)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)
