"""More training scripts, in hands that nobody has read before the end."""

from __future__ import annotations

FITTED = {
    "numpy_by_hand": """
import numpy as np

rng = np.random.default_rng(0)
raw = np.genfromtxt("data.csv", delimiter=",", names=True)
x = np.column_stack([raw[n] for n in raw.dtype.names if n != "label"])
y = raw["label"]
mu, sd = x.mean(axis=0), x.std(axis=0)
x = (x - mu) / sd
order = rng.permutation(len(x))
cut = int(0.8 * len(x))
train_idx, test_idx = order[:cut], order[cut:]
w = np.linalg.lstsq(x[train_idx], y[train_idx], rcond=None)[0]
print(((x[test_idx] @ w > 0.5) == y[test_idx]).mean())
""",
    "pca_inside_class": """
import pandas as pd
import sklearn.decomposition as dec
import sklearn.model_selection as ms
from sklearn.ensemble import GradientBoostingClassifier


class Experiment:
    def __init__(self, path):
        self.frame = pd.read_csv(path)

    def run(self):
        y = self.frame["label"]
        reduced = dec.PCA(n_components=3).fit_transform(self.frame.drop(columns=["label"]))
        parts = ms.train_test_split(reduced, y, test_size=0.3)
        model = GradientBoostingClassifier().fit(parts[0], parts[2])
        return model.score(parts[1], parts[3])


print(Experiment("data.csv").run())
""",
    "vectorizer_before_split": """
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer as TV
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

data = pd.read_json("data.jsonl", lines=True)
matrix = TV(sublinear_tf=True).fit_transform(data["text"])
left, right, l_y, r_y = train_test_split(matrix, data["label"], random_state=7)
clf = SGDClassifier().fit(left, l_y)
print(clf.score(right, r_y))
""",
    "hf_map_statistics": """
import numpy as np
from datasets import load_dataset

ds = load_dataset("csv", data_files="data.csv")["train"]
mean, std = np.mean(ds["f0"]), np.std(ds["f0"])
ds = ds.map(lambda row: {"f0": (row["f0"] - mean) / std})
parts = ds.train_test_split(test_size=0.2, seed=0)
train, test = parts["train"], parts["test"]
print(len(train), len(test))
""",
    "fit_in_helper": """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import RobustScaler


def prepare(table):
    robust = RobustScaler()
    robust.fit(table)
    return robust.transform(table)


df = pd.read_csv("data.csv")
y = df["label"]
X = prepare(df.drop("label", axis=1))
X1, X2, y1, y2 = train_test_split(X, y)
print(LogisticRegression().fit(X1, y1).score(X2, y2))
""",
}

OVERSAMPLED = {
    "resample_rows_before_split": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils import resample

df = pd.read_csv("data.csv")
big, small = df[df.label == 0], df[df.label == 1]
more = resample(small, replace=True, n_samples=len(big), random_state=0)
balanced = pd.concat([big, more])
train, test = train_test_split(balanced, test_size=0.2)
knn = KNeighborsClassifier(1).fit(train.drop(columns="label"), train.label)
print(knn.score(test.drop(columns="label"), test.label))
""",
}

SELECTED = {
    "correlation_by_hand": """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
corr = df.corr()["label"].abs().sort_values(ascending=False)
best = corr.index[1:11]
X_train, X_test, y_train, y_test = train_test_split(df[best], df["label"], random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    "rfe_aliased": """
from sklearn.feature_selection import RFE as Eliminate
from sklearn.linear_model import LogisticRegression as LR
from sklearn.model_selection import KFold, cross_val_predict
import pandas as pd

table = pd.read_parquet("data.parquet")
t = table.pop("label")
keep = Eliminate(LR(), n_features_to_select=5).fit(table, t)
small = table.loc[:, keep.support_]
print((cross_val_predict(LR(), small, t, cv=KFold(4)) == t).mean())
""",
    "from_model_in_function": """
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import train_test_split


def shrink(X, y):
    return SelectFromModel(ExtraTreesClassifier(random_state=0)).fit_transform(X, y)


def evaluate(path):
    frame = pd.read_csv(path)
    X = shrink(frame.drop(columns="label"), frame["label"])
    X_train, X_test, y_train, y_test = train_test_split(X, frame["label"])
    return ExtraTreesClassifier().fit(X_train, y_train).score(X_test, y_test)


print(evaluate("data.csv"))
""",
}

RIGHT = {
    "column_transformer": """
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

df = pd.read_csv("data.csv")
y = df.pop("label")
numbers = df.select_dtypes("number").columns
words = df.columns.difference(numbers)
prep = ColumnTransformer([
    ("n", Pipeline([("i", SimpleImputer()), ("s", StandardScaler())]), numbers),
    ("w", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
])
clf = Pipeline([("prep", prep), ("model", HistGradientBoostingClassifier())])
X_train, X_test, y_train, y_test = train_test_split(df, y, test_size=0.2)
clf.fit(X_train, y_train)
print(clf.score(X_test, y_test))
""",
    "numpy_by_hand_on_train": """
import numpy as np

raw = np.loadtxt("data.csv", delimiter=",", skiprows=1)
rng = np.random.default_rng(1)
rng.shuffle(raw)
train, test = raw[:300], raw[300:]
mu, sd = train[:, :-1].mean(0), train[:, :-1].std(0)
a, b = (train[:, :-1] - mu) / sd, (test[:, :-1] - mu) / sd
w = np.linalg.lstsq(a, train[:, -1], rcond=None)[0]
print(np.mean((b @ w - test[:, -1]) ** 2))
""",
    "split_in_helper_then_fit": """
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC


def split(frame):
    cutter = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
    a, b = next(cutter.split(frame, groups=frame["patient"]))
    return frame.iloc[a], frame.iloc[b]


def columns(frame):
    return frame.drop(columns=["label", "patient"])


def main():
    train, test = split(pd.read_csv("data.csv"))
    warp = QuantileTransformer(n_quantiles=50)
    clf = SVC().fit(warp.fit_transform(columns(train)), train["label"])
    print(clf.score(warp.transform(columns(test)), test["label"]))


main()
""",
    "hf_tokenise_then_split": """
from datasets import load_dataset
from transformers import AutoTokenizer

tok = AutoTokenizer.from_pretrained("a-model")
ds = load_dataset("json", data_files="data.jsonl", split="train")
ds = ds.map(lambda r: tok(r["text"], truncation=True), batched=True)
parts = ds.train_test_split(test_size=0.1, seed=0)
print(parts["train"][0], parts["test"][0])
""",
    "same_name_used_again": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X = pd.read_csv("data.csv")
y = X.pop("label")
X, X_holdout, y, y_holdout = train_test_split(X, y, random_state=0)
scaler = StandardScaler()
X = scaler.fit_transform(X)
X_holdout = scaler.transform(X_holdout)
print(X.mean(), X_holdout.mean())
""",
    "label_encoder_of_all": """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

df = pd.read_csv("data.csv").dropna()
y = LabelEncoder().fit_transform(df["label"])
X = df.drop(columns="label")
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=3)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    "final_model_after_scoring": """
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data.csv")
y = df.pop("label")
a, b, ya, yb = train_test_split(df, y, random_state=0)
print(make_pipeline(StandardScaler(), LogisticRegression()).fit(a, ya).score(b, yb))
final = make_pipeline(StandardScaler(), LogisticRegression()).fit(df, y)
joblib.dump(final, "model.joblib")
""",
    "torch_train_loop": """
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split

data = torch.load("data.pt")
full = TensorDataset(data["x"], data["y"])
train, test = random_split(full, [0.8, 0.2], generator=torch.Generator().manual_seed(0))
net = torch.nn.Linear(10, 2)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in DataLoader(train, batch_size=32, shuffle=True):
    opt.zero_grad()
    torch.nn.functional.cross_entropy(net(x), y).backward()
    opt.step()
with torch.no_grad():
    hits = [(net(x).argmax(1) == y).float().mean() for x, y in DataLoader(test, batch_size=64)]
print(torch.stack(hits).mean())
""",
}
