"""The words by which a script's doings are recognised. Data, so that a new library is one more name."""

from __future__ import annotations

UNSUPERVISED = frozenset(
    [
        "StandardScaler",
        "MinMaxScaler",
        "MaxAbsScaler",
        "RobustScaler",
        "Normalizer",
        "PowerTransformer",
        "QuantileTransformer",
        "KBinsDiscretizer",
        "SimpleImputer",
        "KNNImputer",
        "IterativeImputer",
        "OneHotEncoder",
        "OrdinalEncoder",
        "LabelEncoder",
        "PCA",
        "IncrementalPCA",
        "KernelPCA",
        "TruncatedSVD",
        "NMF",
        "FastICA",
        "FactorAnalysis",
        "UMAP",
        "TSNE",
        "TfidfVectorizer",
        "CountVectorizer",
        "TfidfTransformer",
        "KMeans",
        "ColumnTransformer",
        "PolynomialFeatures",
        "VarianceThreshold",
        "SplineTransformer",
        "Tokenizer",
    ]
)
"""Preprocessing that learns from inputs alone: fitted on all rows it flatters a little, mostly not measurably."""

STATELESS = frozenset(["Normalizer", "PolynomialFeatures", "HashingVectorizer", "FunctionTransformer", "LabelEncoder"])
"""Fitted in name only (or on the names of the classes): nothing of the test can pass through them."""

SUPERVISED = frozenset(
    [
        "SelectKBest",
        "SelectPercentile",
        "SelectFpr",
        "SelectFdr",
        "SelectFwe",
        "SelectFromModel",
        "GenericUnivariateSelect",
        "RFE",
        "RFECV",
        "SequentialFeatureSelector",
        "TargetEncoder",
        "LeaveOneOutEncoder",
        "CatBoostEncoder",
        "WOEEncoder",
        "JamesSteinEncoder",
        "LinearDiscriminantAnalysis",
        "BorutaPy",
        "PLSRegression",
    ]
)
"""What looks at the labels: on all rows it hands the test's answers to the training."""

OVERSAMPLERS = frozenset(
    [
        "SMOTE",
        "SMOTENC",
        "ADASYN",
        "BorderlineSMOTE",
        "SVMSMOTE",
        "KMeansSMOTE",
        "RandomOverSampler",
        "SMOTEENN",
        "SMOTETomek",
    ]
)

READERS = frozenset(
    [
        "read_csv",
        "read_parquet",
        "read_json",
        "read_table",
        "read_excel",
        "read_feather",
        "read_pickle",
        "load_dataset",
        "load_from_disk",
        "loadtxt",
        "genfromtxt",
        "load_iris",
        "load_wine",
        "load_breast_cancer",
        "load_digits",
        "load_diabetes",
        "fetch_openml",
        "fetch_20newsgroups",
        "fetch_california_housing",
        "fetch_covtype",
        "make_classification",
        "make_regression",
        "make_blobs",
        "make_moons",
        "load_data",
        "from_pandas",
        "from_dict",
        "from_list",
        "from_csv",
        "from_json",
        "DictReader",
        "scan_csv",
        "scan_parquet",
    ]
)

SPLITTERS = frozenset(["train_test_split", "random_split", "temporal_train_test_split"])
FOLDS = frozenset(
    [
        "KFold",
        "StratifiedKFold",
        "GroupKFold",
        "StratifiedGroupKFold",
        "RepeatedKFold",
        "RepeatedStratifiedKFold",
        "ShuffleSplit",
        "StratifiedShuffleSplit",
        "GroupShuffleSplit",
        "LeaveOneOut",
        "LeaveOneGroupOut",
        "TimeSeriesSplit",
    ]
)
CROSS = frozenset(["cross_val_score", "cross_validate", "cross_val_predict", "learning_curve", "validation_curve"])
SEARCHES = frozenset(
    ["GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "BayesSearchCV"]
)

STATISTICS = frozenset(
    ["mean", "std", "min", "max", "median", "quantile", "var", "nanmean", "nanstd", "nanmedian", "describe", "mode"]
)
"""Numbers taken from a whole column that then shape its rows."""

SCORES_WITH_LABELS = frozenset(
    [
        "corr",
        "corrwith",
        "mutual_info_classif",
        "mutual_info_regression",
        "f_classif",
        "f_regression",
        "chi2",
        "pearsonr",
        "corrcoef",
        "spearmanr",
        "ttest_ind",
        "r_regression",
        "kruskal",
        "f_oneway",
        "mannwhitneyu",
        "pointbiserialr",
    ]
)
IMPORTANCE = frozenset(["feature_importances_", "coef_", "scores_", "pvalues_", "ranking_", "support_", "get_support"])

LEARNING_CALLS = frozenset(
    [
        "scale", "minmax_scale", "maxabs_scale", "robust_scale", "quantile_transform", "power_transform", "zscore",
        "qcut", "rank",
    ]
)  # fmt: skip
"""Functions that look at a whole column and shape each of its rows by it."""
CONTAINERS = ("Dataset", "DataFrame", "Series", "DataLoader", "Bunch", "Subset")
"""Classes that only hold the rows they are given, by how their names end."""
CHAINS = frozenset(
    ["Pipeline", "make_pipeline", "ColumnTransformer", "make_column_transformer", "FeatureUnion", "make_union"]
)
PICKS_BY_WATCHING = (
    "early_stopping", "EarlyStopping", "load_best_model_at_end", "ModelCheckpoint", "use_best_model", "save_best_only",
    "metric_for_best_model",
)  # fmt: skip
"""Words of a script that chooses an epoch or a checkpoint by what it watches."""
LABEL_NAMES = frozenset(["y", "target", "label", "labels", "class", "outcome", "answer"])

MEASURES = frozenset(
    [
        "score",
        "evaluate",
        "accuracy_score",
        "balanced_accuracy_score",
        "f1_score",
        "roc_auc_score",
        "mean_squared_error",
        "r2_score",
        "log_loss",
        "mean_absolute_error",
        "precision_score",
        "recall_score",
        "average_precision_score",
        "root_mean_squared_error",
    ]
)
WATCHES = frozenset(["eval_set", "validation_data", "eval_dataset", "valid_sets", "evals"])
"""Keywords under which rows are handed over to choose an epoch or a checkpoint by."""


def part_of(name: str) -> str | None:
    """Which part a name claims to hold: `train`, `test` or `validation`."""
    words = name.lower().replace("-", "_")
    if any(word in words for word in ("val", "dev", "calib")) and "value" not in words and "device" not in words:
        return "validation"
    if "test" in words or "holdout" in words or "heldout" in words or "hold_out" in words:
        return "test"
    return "train" if "train" in words else None
